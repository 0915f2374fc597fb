"""Golden values of AdamW steps from torch.optim.AdamW. Made with torch 2.15.0, safetensors 0.8 or newer.

Usage: python make_adamw_goldens.py ../data/nn/adamw.safetensors
"""
import sys

import torch
from safetensors.torch import save_file

STEPS = 5
RATES = [1e-2, 2e-2, 2e-2, 1e-2, 5e-3]
torch.manual_seed(11)
parameters = {
    "conv": torch.randn(4, 3, 2, 2),
    "matrix": torch.randn(3, 5),
    "bias": torch.randn(5),
}
out = {f"{name}.start": value.clone() for name, value in parameters.items()}
for value in parameters.values():
    value.requires_grad_()
# The groups of fovea::train::group_parameters: decay on matrices only, "conv" at a tenth of the rate.
groups = [
    {"params": [parameters["conv"]], "weight_decay": 0.2, "scale": 0.1},
    {"params": [parameters["matrix"]], "weight_decay": 0.2, "scale": 1.0},
    {"params": [parameters["bias"]], "weight_decay": 0.0, "scale": 1.0},
]
optimizer = torch.optim.AdamW(groups, lr=1.0, betas=(0.9, 0.98), eps=1e-8)
for step in range(STEPS):
    for group in optimizer.param_groups:
        group["lr"] = RATES[step] * group["scale"]
    for name, value in parameters.items():
        value.grad = torch.randn_like(value) * 10.0 ** (-step)
        out[f"{name}.gradient.{step}"] = value.grad.clone()
    optimizer.step()
    for name, value in parameters.items():
        out[f"{name}.after.{step}"] = value.detach().clone()
out["rates"] = torch.tensor(RATES)
save_file({name: tensor.contiguous() for name, tensor in out.items()}, sys.argv[1])
