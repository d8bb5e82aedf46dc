"""What a network of your own sees: its table, and a look at one field by gradient.

The table computes receptive fields from the layers' arithmetic. Here one is checked the hard way: only pixels inside
the field can move the output, so the gradient of one output with respect to the image is 0 everywhere else.

python examples/receptive_fields.py
"""

import torch
from torch import nn

import striate


def main() -> None:
    """Table and gradient of a small network with a stride, a dilation and padding."""
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.Conv2d(4, 4, 3, stride=2),
        nn.Conv2d(4, 4, 3, dilation=2),
        nn.MaxPool2d(2),
    )
    rows = striate.table(network, (1, 48, 48)).rows
    for row in rows:
        field = row.fields[0]
        print(f"{row.layer:6} {row.kind:10} {row.shape!s:13} {row.parameters:4}", end="")
        print(f"  sees {field.size} of 48, step {field.stride}")

    image = torch.zeros(1, 1, 48, 48, requires_grad=True)
    for parameter in network.parameters():
        nn.init.uniform_(parameter, 0.1, 1.0)  # positive, so that nothing cancels
    middle = rows[-1].shape[-1] // 2
    with torch.enable_grad():
        network[:-1](image)[0, 0, 2 * middle, 2 * middle].backward()
    seen = image.grad[0, 0].abs().sum(0).nonzero().ravel()
    start, stop = rows[-2].fields[0].extent(2 * middle)
    print(f"by arithmetic columns {start:g} to {stop:g}, by gradient {seen.min()} to {seen.max() + 1}")
    assert (seen.min(), seen.max() + 1) == (start, stop)


if __name__ == "__main__":
    main()
