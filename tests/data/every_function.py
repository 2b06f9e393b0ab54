"""A cell that uses every function and sign of the equation language once."""

EVERY_FUNCTION = """
name = "Every function"
equations = \"\"\"
a = W @ x + U @ h[-1] + b
curves = sigmoid(a) + tanh(a) * softsign(a) - hard_sigmoid(a, alpha=0.3) / (2 + softplus(a))
bends = relu(a) + leaky_relu(a, alpha=0.1) + thresholded_relu(a, alpha=0.4) + elu(a, alpha=0.7) + selu(a) + silu(a)
lines = affine(a, alpha=-0.5, beta=0.2) + scaled_tanh(a, alpha=0.4, beta=-1.3) + clip(a, low=-0.6, high=0.5)
whole = softmax(a) + layer_norm(a) + mean(a) + sum(a) * 0.1
plain = exp(-abs(a)) + log(1 + a ** 2) + sqrt(1 + a * a) + sin(a) - cos(a) + sign(a) + step(a)
chosen = where(a > 0.1, maximum(a, 0.5), minimum(a, curves)) + where(t % 2 == 1, a, -a)
tests = (a < 0) + (a <= bends) + (a >= 0) + (a != 1) + 0.5 * (mean(a) == mean(a))
mixed = transpose(U) @ a + outer(a, b) @ curves + (abs(U) * mean(a)) @ a + a % 0.7
rest = where(a > 0, 0.3, tanh(0.1 * 3)) * 0.2 + identity(a)
losses = softmax_cross_entropy(a, softmax(tests)) + logistic_cross_entropy(a, 0.5 * tests)
parts = [curves, bends[1:3], lines]
s = tanh(V @ parts + 0.1 * whole + plain - (chosen - (tests - 0.01 * mixed + rest)) / (1 + losses * losses))
h = 0.5 * s + k * h[-2] - (s - h[-1]) * 0.1 + tanh(0.25) * s
\"\"\"

[constants]
k = 0.3
"""
