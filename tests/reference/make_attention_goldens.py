"""Golden values of attention from PyTorch's own modules. Made with torch 2.15.0, safetensors 0.8 or newer.

Usage: python make_attention_goldens.py ../data/nn/attention.safetensors
"""
import sys

import torch
from safetensors.torch import save_file
from torch import nn

torch.manual_seed(7)
B, Q, S, D, SOURCE, H = 2, 3, 5, 8, 6, 2
out = {}


def perturb(module):
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.5)
    return module


# Scaled dot product, plain and masked (torch.nn.functional.scaled_dot_product_attention).
query, key, value = torch.randn(B, H, Q, 4), torch.randn(B, H, S, 4), torch.randn(B, H, S, 4)
mask = torch.rand(B, 1, Q, S) > 0.4
mask[..., 0] = True
out |= {"sdp.query": query, "sdp.key": key, "sdp.value": value, "sdp.mask": mask.to(torch.uint8)}
out["sdp.plain"] = nn.functional.scaled_dot_product_attention(query, key, value)
out["sdp.masked"] = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)

# Multi-head attention with a source of another width (torch.nn.MultiheadAttention), and as self-attention.
for name, width in (("cross", SOURCE), ("self", D)):
    mha = perturb(nn.MultiheadAttention(D, H, kdim=width, vdim=width, batch_first=True)).eval()
    x = torch.randn(B, Q, D)
    source = torch.randn(B, S, width) if name == "cross" else x
    context, weights = mha(x, source, source, average_attn_weights=False)
    if name == "cross":
        q, k, v = mha.q_proj_weight, mha.k_proj_weight, mha.v_proj_weight
    else:
        q, k, v = mha.in_proj_weight.chunk(3)
    bq, bk, bv = mha.in_proj_bias.chunk(3)
    out |= {f"{name}.query": x, f"{name}.source": source, f"{name}.context": context, f"{name}.weights": weights}
    out |= {f"{name}.module.query.weight": q, f"{name}.module.query.bias": bq}
    out |= {f"{name}.module.key_value.weight": torch.cat([k, v]), f"{name}.module.key_value.bias": torch.cat([bk, bv])}
    out |= {f"{name}.module.output.weight": mha.out_proj.weight, f"{name}.module.output.bias": mha.out_proj.bias}

# A pre-norm encoder block (torch.nn.TransformerEncoderLayer, norm_first, gelu).
block = perturb(nn.TransformerEncoderLayer(D, H, 4 * D, 0.0, "gelu", batch_first=True, norm_first=True)).eval()
x = torch.randn(B, S, D)
out |= {"block.input": x, "block.output": block(x)}
q, kv = block.self_attn.in_proj_weight[:D], block.self_attn.in_proj_weight[D:]
bq, bkv = block.self_attn.in_proj_bias[:D], block.self_attn.in_proj_bias[D:]
names = {
    "attention_norm.weight": block.norm1.weight, "attention_norm.bias": block.norm1.bias,
    "attention.query.weight": q, "attention.query.bias": bq,
    "attention.key_value.weight": kv, "attention.key_value.bias": bkv,
    "attention.output.weight": block.self_attn.out_proj.weight, "attention.output.bias": block.self_attn.out_proj.bias,
    "perceptron_norm.weight": block.norm2.weight, "perceptron_norm.bias": block.norm2.bias,
    "perceptron.expand.weight": block.linear1.weight, "perceptron.expand.bias": block.linear1.bias,
    "perceptron.project.weight": block.linear2.weight, "perceptron.project.bias": block.linear2.bias,
}
out |= {f"block.module.{name}": tensor for name, tensor in names.items()}

# Additive attention and the gate of Show, Attend and Tell have no PyTorch module: their formulas, in double precision.
hidden = 7
w, b, u, v = (torch.randn(s, dtype=torch.double) for s in ((hidden, D), (hidden,), (hidden, SOURCE), (1, hidden)))
gate_w, gate_b = torch.randn(1, D, dtype=torch.double), torch.randn(1, dtype=torch.double)
state, features = torch.randn(B, Q, D, dtype=torch.double), torch.randn(B, S, SOURCE, dtype=torch.double)
scores = torch.einsum("h,bqsh->bqs", v[0], torch.tanh((state @ w.T + b)[:, :, None] + (features @ u.T)[:, None]))
weights = scores.softmax(-1)
context = torch.einsum("bqs,bsf->bqf", weights, features) * torch.sigmoid(state @ gate_w.T + gate_b)
out |= {"soft.state": state, "soft.features": features, "soft.weights": weights, "soft.context": context}
out |= {"soft.module.attention.query.weight": w, "soft.module.attention.query.bias": b,
        "soft.module.attention.key.weight": u, "soft.module.attention.score.weight": v,
        "soft.module.gate.weight": gate_w, "soft.module.gate.bias": gate_b}

save_file({name: tensor.detach().to(torch.uint8 if tensor.dtype == torch.uint8 else torch.float32, copy=True).contiguous()
           for name, tensor in out.items()}, sys.argv[1])
