"""Makes tests/data/io/weights: small files of torch.save, and what they hold.

Run with torch 2.15.0 and safetensors 0.8.0:  python make_weights_goldens.py ../data/io/weights

goldens.safetensors holds every tensor of the files that Fovea reads as "FILE/NAME", contiguous; the other files are
refused: a whole module, the form of torch.save before 1.6, a type that is not read, an object that would run a command.
"""

import os
import sys
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

goldens = {}


class Hostile:
    """What runs a command when it is loaded by Python."""

    def __reduce__(self):
        return os.system, ("touch /tmp/fovea-was-here",)


# Without a source file, as the old form writes the sources of modules, too.
exec("""
class Tiny(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(2))
""")


def network():
    return nn.Sequential(OrderedDict(conv=nn.Conv2d(3, 4, 3), norm=nn.BatchNorm2d(4), head=nn.Linear(4, 2)))


def every_kind():
    """Tensors of every type, tied ones, views, a parameter."""
    weight = torch.randn(5, 4)
    cube = torch.randn(2, 3, 4)
    kinds = OrderedDict(
        weight=weight,
        tied=weight,
        transposed=weight.t(),
        rows=weight[1:3],
        columns=weight[:, 1:3],
        every_second=weight[::2],
        permuted=cube.permute(2, 0, 1),
        expanded=torch.arange(3).expand(2, 3),
        channels_last=torch.randn(2, 3, 2, 2).to(memory_format=torch.channels_last),
        one_sided=torch.arange(4).expand(1, -1),
        scalar=torch.tensor(2.5),
        empty=torch.zeros(0, 3),
        parameter=nn.Parameter(torch.randn(3)),
        boolean=torch.tensor([True, False, True]),
    )
    floating = torch.tensor([0.0, -1.5, 3.14159, 65504.0, 1e-6])
    for name in ("float16", "bfloat16", "float64"):
        kinds[name] = floating.to(getattr(torch, name))
    for name in ("uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64"):
        kinds[name] = torch.tensor([0, 1, 2, 100]).to(getattr(torch, name))
    kinds["half_turned"] = torch.randn(2, 3).half().t()
    return kinds


def checkpoint():
    """What training scripts save: the state dict of a DataParallel module among other things."""
    module = network()
    optimizer = torch.optim.AdamW(module.parameters(), lr=1e-3)
    for parameter in module.parameters():
        parameter.grad = torch.randn_like(parameter)
    optimizer.step()
    state_dict = OrderedDict(("module." + name, tensor) for name, tensor in module.state_dict().items())
    return {"epoch": 3, "arch": "tiny", "best_acc1": torch.tensor(76.1), "big": 1 << 70, "negative": -5, "history": [1.5, None],
            "shape": torch.Size([2, 3]), "type": torch.float16, "state_dict": state_dict, "optimizer": optimizer.state_dict()}


def expect(file, tensors, prefix=""):
    for name, tensor in tensors.items():
        goldens[f"{file}/{name.removeprefix(prefix)}"] = tensor.detach().clone().contiguous()


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    module = network()
    torch.save(module.state_dict(), folder / "state_dict.pth")
    expect("state_dict.pth", module.state_dict())
    torch.save(module.state_dict(), folder / "protocol4.pth", pickle_protocol=4)
    expect("protocol4.pth", module.state_dict())
    kinds = every_kind()
    torch.save(kinds, folder / "every_kind.pth")
    expect("every_kind.pth", kinds)
    nested = checkpoint()
    torch.save(nested, folder / "checkpoint.pth")
    expect("checkpoint.pth", nested["state_dict"], "module.")

    torch.save(module.state_dict(), folder / "old_form.pth", _use_new_zipfile_serialization=False)
    torch.save(Tiny(), folder / "old_form_module.pth", _use_new_zipfile_serialization=False)
    torch.save(module, folder / "module.pth")
    torch.save({"weight": torch.zeros(2).to(torch.float8_e4m3fn)}, folder / "float8.pth")
    torch.save({"weight": torch.zeros(2), "run": Hostile()}, folder / "hostile.pth")
    save_file(goldens, folder / "goldens.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
