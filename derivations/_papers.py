"""BibTeX of the papers that several derivations cite."""

SIGNSGD = """@article{xiao2024signsgd,
  title = {Exact Risk Curves of {signSGD} in High-Dimensions:
           Quantifying Preconditioning and Noise-Compression Effects},
  author = {Xiao, Ke Liang and Marshall, Noah and Agarwala, Atish and Paquette, Elliot},
  journal = {arXiv preprint arXiv:2411.12135},
  year = {2024}
}"""

CLIPPED = """@article{marshall2024clip,
  title = {To Clip or not to Clip: the Dynamics of {SGD} with Gradient Clipping in High-Dimensions},
  author = {Marshall, Noah and Xiao, Ke Liang and Agarwala, Atish and Paquette, Elliot},
  journal = {arXiv preprint arXiv:2406.11733},
  year = {2024}
}"""
