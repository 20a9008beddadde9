from .observer import *
