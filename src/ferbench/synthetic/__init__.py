"""Synthetic faces: who they are, what they express, and how it looks."""
