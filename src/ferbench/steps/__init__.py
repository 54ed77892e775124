"""The pipeline: one step a file, called by the engines through the command line.

Each reads its inputs, writes its outputs and ends.
"""
