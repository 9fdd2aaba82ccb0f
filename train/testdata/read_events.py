#!/usr/bin/env python3
"""Prints what TensorBoard itself reads from a folder of event files: tag, step and value of every scalar.

    python3 read_events.py run/tensorboard      # needs the package tensorboard
"""

import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events = EventAccumulator(sys.argv[1])
events.Reload()
for tag in events.Tags()["scalars"]:
    for point in events.Scalars(tag):
        print(tag, point.step, point.value)
for tag in events.Tags()["tensors"]:
    print(tag, "text", len(events.Tensors(tag)))
for tag in events.Tags()["images"]:
    print(tag, "images", [(image.step, image.width, image.height) for image in events.Images(tag)])
