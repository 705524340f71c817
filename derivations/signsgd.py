from sgdtheory.algorithms.separable import SignSGD
from sgdtheory.derive import Derivation
from sgdtheory.derive.homogenize import homogenize

D = Derivation("signsgd", title="Risk curves of signSGD in high dimension", source="arXiv:2411.12135", update=SignSGD.rule)
H = homogenize(D.update, into=D)
