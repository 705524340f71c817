from sgdtheory.algorithms.separable import ClippedSGD
from sgdtheory.derive import Derivation
from sgdtheory.derive.homogenize import homogenize

D = Derivation("clipped_sgd", title="Risk curves of clipped SGD in high dimension", source="arXiv:2406.11733", update=ClippedSGD.rule)
H = homogenize(D.update, into=D)
