#!/usr/bin/env python3
"""Writes schedules.txt: the rates (and momenta) of PyTorch's schedules, step by step.

    python3 make_schedules.py > schedules.txt        # made with PyTorch 2.15

Each case is a line `case <name>` and a row of rates at steps 0, 1, …; where the schedule moves the momentum
too, a second row `momentum …`. The base rate is 0.4 and the momentum 0.7.
"""

import warnings

import torch
from torch.optim import lr_scheduler as schedules

warnings.simplefilter("ignore")
BASE, MOMENTUM, STEPS = 0.4, 0.7, 40


def sequential(optimizer):
    return schedules.SequentialLR(optimizer, [
        schedules.ConstantLR(optimizer, factor=0.1, total_iters=20),
        schedules.ExponentialLR(optimizer, gamma=0.9),
        schedules.StepLR(optimizer, step_size=3, gamma=0.5)], milestones=[6, 20])


def chained(optimizer):
    return schedules.ChainedScheduler([
        schedules.ConstantLR(optimizer, factor=0.1, total_iters=7),
        schedules.ExponentialLR(optimizer, gamma=0.9),
        schedules.CosineAnnealingLR(optimizer, T_max=50)])


CASES = {
    "lambda": lambda o: schedules.LambdaLR(o, lambda step: 1 / (1 + step)),
    "multiplicative": lambda o: schedules.MultiplicativeLR(o, lambda step: 1 - 1 / (1 + step)),
    "step": lambda o: schedules.StepLR(o, step_size=7, gamma=0.3),
    "multi_step": lambda o: schedules.MultiStepLR(o, milestones=[3, 11, 11, 30], gamma=0.5),
    "constant": lambda o: schedules.ConstantLR(o),
    "constant_options": lambda o: schedules.ConstantLR(o, factor=0.7, total_iters=12),
    "linear": lambda o: schedules.LinearLR(o),
    "linear_options": lambda o: schedules.LinearLR(o, start_factor=0.9, end_factor=0.2, total_iters=13),
    "exponential": lambda o: schedules.ExponentialLR(o, gamma=0.85),
    "polynomial": lambda o: schedules.PolynomialLR(o),
    "polynomial_options": lambda o: schedules.PolynomialLR(o, total_iters=23, power=2.5),
    "cosine": lambda o: schedules.CosineAnnealingLR(o, T_max=15, eta_min=0.05),
    "restarts": lambda o: schedules.CosineAnnealingWarmRestarts(o, T_0=7, eta_min=0.02),
    "restarts_growing": lambda o: schedules.CosineAnnealingWarmRestarts(o, T_0=5, T_mult=2),
    "cyclic": lambda o: schedules.CyclicLR(o, 0.1, 0.5, step_size_up=4, cycle_momentum=False),
    "cyclic_halving": lambda o: schedules.CyclicLR(o, 0.1, 0.5, step_size_up=4, step_size_down=7,
                                                   mode="triangular2"),
    "cyclic_range": lambda o: schedules.CyclicLR(o, 0.1, 0.5, step_size_up=6, mode="exp_range", gamma=0.9,
                                                 base_momentum=0.6, max_momentum=0.95),
    "one_cycle": lambda o: schedules.OneCycleLR(o, max_lr=0.5, total_steps=40),
    "one_cycle_linear": lambda o: schedules.OneCycleLR(o, max_lr=0.5, total_steps=40, anneal_strategy="linear",
                                                       pct_start=0.4, div_factor=10, final_div_factor=100,
                                                       base_momentum=0.5, max_momentum=0.9),
    "one_cycle_three": lambda o: schedules.OneCycleLR(o, max_lr=0.5, total_steps=40, three_phase=True,
                                                      cycle_momentum=False),
    "sequential": sequential,
    "chained": chained,
}


def walk(schedule, optimizer, advance):
    rates, momenta = [], []
    for step in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        momenta.append(optimizer.param_groups[0]["momentum"])
        if step + 1 < STEPS:
            advance(schedule, step)
    return rates, momenta


def row(values):
    return " ".join(repr(float(value)) for value in values)


def new_optimizer():
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE, momentum=MOMENTUM)


for name, make in CASES.items():
    optimizer = new_optimizer()
    rates, momenta = walk(make(optimizer), optimizer, lambda schedule, step: schedule.step())
    print("case", name)
    print(row(rates))
    if momenta != [MOMENTUM] * STEPS:
        print("momentum", row(momenta))

FIGURES = [round(3 * 0.8**step + 0.5 * ((step * 7) % 5) / 5, 6) for step in range(STEPS)]
print("figures", row(FIGURES))
PLATEAUS = {
    "plateau": dict(patience=2),
    "plateau_max": dict(mode="max", factor=0.5, patience=3, cooldown=2, min_lr=0.01),
    "plateau_absolute": dict(factor=0.3, patience=1, threshold=0.2, threshold_mode="abs", cooldown=1),
    "plateau_relative": dict(factor=0.3, patience=0, threshold=0.1, eps=0.01),
}
for name, options in PLATEAUS.items():
    optimizer = new_optimizer()
    plateau = schedules.ReduceLROnPlateau(optimizer, **options)
    rates, _ = walk(plateau, optimizer, lambda schedule, step: schedule.step(FIGURES[step]))
    print("case", name)
    print(row(rates))
