"""From a picture to an aligned face: the face mesh, the tracker, the crop."""
