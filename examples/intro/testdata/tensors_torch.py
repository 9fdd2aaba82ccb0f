"""PyTorch's half of the table of //examples/intro:tensors, as `expression<TAB>value` lines.

  python3 examples/intro/testdata/tensors_torch.py > examples/intro/testdata/tensors_torch.txt
"""

import torch
import torch.nn.functional as F
from torch import tensor


def text(x):
    """Nested lists on one line, numbers with up to four decimals."""
    if isinstance(x, list):
        return "[" + ", ".join(text(item) for item in x) + "]"
    if isinstance(x, bool):
        return "true" if x else "false"
    if isinstance(x, int):
        return str(x)
    return f"{x:.4f}".rstrip("0").rstrip(".")


def show(expression, x):
    print(expression, text(x.detach().tolist()), sep="\t")


def leaf(values):
    return tensor(values, requires_grad=True)


# Tensors.
x = torch.arange(12).reshape(3, 4)
show("x = arange(12).reshape(3, 4)", x)
show("x.T", x.T)
show("x[1]", x[1])
show("x[:, 1:3]", x[:, 1:3])
show("x.flip(0)", x.flip(0))
show("x.sum()", x.sum())
show("x.float().mean(dim=0)", x.float().mean(dim=0))
show("x.max(dim=1).values", x.max(dim=1).values)
show("x > 5", x > 5)
show("x[x > 5]", x[x > 5])
column, row = tensor([[1.0], [2.0], [3.0]]), tensor([10.0, 20.0])
show("column + row", column + row)
show("linspace(0, 1, 5).exp()", torch.linspace(0, 1, 5).exp())
show("tensor([1.9, -1.9]).to(int64)", tensor([1.9, -1.9]).to(torch.int64))
show("cat([row, row])", torch.cat([row, row]))
show("stack([row, row])", torch.stack([row, row]))

# Products.
a, b = tensor([[1.0, 2.0], [3.0, 4.0]]), tensor([[5.0, 6.0], [7.0, 8.0]])
v = tensor([1.0, -1.0])
show("a * b", a * b)
show("a @ b", a @ b)
show("a @ v", a @ v)
show("v @ v", v @ v)
show("outer(v, row)", torch.outer(v, row))
show("einsum('ij,ij->i', a, b)", torch.einsum("ij,ij->i", a, b))
show("stack([a, b]) @ v", torch.stack([a, b]) @ v)

# Graph and gradients.
x, y, z = leaf(-3.0), leaf(5.0), leaf(-2.0)
f = (x + y) * z
f.backward()
show("f = (x + y) z, x = -3, y = 5, z = -2", f)
show("df/dx", x.grad)
show("df/dy", y.grad)
show("df/dz", z.grad)
w, x = leaf([2.0, -3.0, -3.0]), leaf([-1.0, -2.0, 1.0])
neuron = torch.sigmoid(w @ x)
neuron.backward()
show("sigmoid(w . x), w = [2, -3, -3], x = [-1, -2, 1]", neuron)
show("d sigmoid/dw", w.grad)
show("d sigmoid/dx", x.grad)
x = leaf([1.0, 2.0, 3.0])
(x**3).sum().backward()
show("d sum(x^3)/dx, x = [1, 2, 3]", x.grad)
x.pow(2).sum().backward()
show("… and d sum(x^2)/dx added to it", x.grad)
x = leaf(2.0)
(first,) = torch.autograd.grad(x**4, x, create_graph=True)
(second,) = torch.autograd.grad(first, x)
show("d x^4/dx, x = 2", first)
show("d^2 x^4/dx^2", second)
a = leaf([[1.0, 2.0], [3.0, 4.0]])
(a @ b).sum().backward()
show("d sum(a @ b)/da", a.grad)

# Convolution and pooling.
image = leaf([[1.0, 1.0, 2.0, 4.0], [5.0, 6.0, 7.0, 8.0], [3.0, 2.0, 1.0, 0.0], [1.0, 2.0, 3.0, 4.0]])
batch = image.reshape(1, 1, 4, 4)
pooled = F.max_pool2d(batch, 2)
show("max_pool2d(image, 2)", pooled[0, 0])
pooled.sum().backward()
show("its gradient", image.grad)
show("avg_pool2d(image, 2)", F.avg_pool2d(batch, 2)[0, 0])
show("max_pool2d(image, 3, stride=1)", F.max_pool2d(batch, 3, stride=1)[0, 0])
edges = tensor([[-1.0, 0.0, 1.0]] * 3).reshape(1, 1, 3, 3)
show("conv2d(image, edges)", F.conv2d(batch, edges)[0, 0])
show("conv2d(image, edges, padding=1)", F.conv2d(batch, edges, padding=1)[0, 0])
show("conv2d(image, edges, stride=2, padding=1)", F.conv2d(batch, edges, stride=2, padding=1)[0, 0])

# Softmax and losses.
scores, label = leaf([[3.2, 5.1, -1.7]]), tensor([0])
show("softmax([3.2, 5.1, -1.7])", F.softmax(scores, dim=1)[0])
loss = F.cross_entropy(scores, label)
loss.backward()
show("cross_entropy, label 0", loss)
show("d cross_entropy/d scores", scores.grad[0])
batch, labels = tensor([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]]), tensor([0, 1, 2])
show("cross_entropy of three images", F.cross_entropy(batch, labels))
show("… each", F.cross_entropy(batch, labels, reduction="none"))
show("… label_smoothing=0.1", F.cross_entropy(batch, labels, label_smoothing=0.1))
show("hinge loss of each (sum over classes)", F.multi_margin_loss(batch, labels, reduction="none") * 3)
show("mse_loss(a, b)", F.mse_loss(a.detach(), b))

# A layer, a network, a step of gradient descent.
weight, bias = leaf([[0.2, -0.5, 0.1], [1.5, 1.3, 2.1]]), leaf([0.5, -0.5])
head = leaf([[1.0, -1.0], [0.5, 0.25]])
x = tensor([[1.0, 2.0, 3.0], [-1.0, 0.5, 0.0]])
hidden = F.relu(F.linear(x, weight, bias))
logits = F.linear(hidden, head)
loss = F.cross_entropy(logits, tensor([0, 1]))
loss.backward()
show("hidden = relu(linear(x, weight, bias))", hidden)
show("logits = linear(hidden, head)", logits)
show("loss", loss)
show("d loss/d weight", weight.grad)
optimizer = torch.optim.SGD([weight, bias, head], lr=0.1)
optimizer.step()
show("weight after a step of SGD, lr=0.1", weight)
show("bias after it", bias)
again = F.cross_entropy(F.linear(F.relu(F.linear(x, weight, bias)), head), tensor([0, 1]))
show("loss after it", again)
