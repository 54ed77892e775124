"""What has to stand on everything made from certain data, and why."""

SYNTHETIC, LEAKING = "SYNTHETIC", "LEAKING"
LABELS_SHUFFLED, FRAMES_SHUFFLED = "LABELS SHUFFLED", "FRAMES SHUFFLED"

STAMPS = {
    SYNTHETIC: "rendered faces, which tell nothing about accuracy on people",
    LEAKING: "train and test parts share subjects, which hides errors",
    LABELS_SHUFFLED: "nothing can be learned",
    FRAMES_SHUFFLED: "the order of frames is random, at least in test parts",
}
"""In the order in which they are printed."""
