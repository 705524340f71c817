from sgdtheory.algorithms.separable import SGD
from sgdtheory.derive import Derivation
from sgdtheory.derive.homogenize import homogenize

D = Derivation("sgd", title="Risk curves of SGD in high dimension", source="arXiv:2411.12135", update=SGD.rule)
H = homogenize(D.update, into=D)
