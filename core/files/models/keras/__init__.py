"""Keras models, without Keras and without the HDF5 library."""
