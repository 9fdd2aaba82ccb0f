"""Times a torchvision pipeline of crop, flip and normalization, beside transforms_bench in one run.

    bazelw run //data/image:transforms_bench && python3 data/image/torchvision_peer.py

Random 32x32 images, batches of 128, one worker: first as torchvision's documentation has it (a PIL
image per example), then with its tensor transforms per example.
"""

import time

import torch
import torchvision.transforms as T
from PIL import Image
from torch.utils.data import DataLoader, Dataset

COUNT = 10000
MEAN, STD = (0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616)


class Images(Dataset):
    def __init__(self, transform, as_pil):
        self.data = torch.randint(0, 256, (COUNT, 32, 32, 3), dtype=torch.uint8)
        self.transform, self.as_pil = transform, as_pil

    def __len__(self):
        return COUNT

    def __getitem__(self, i):
        image = self.data[i]
        image = Image.fromarray(image.numpy()) if self.as_pil else image.permute(2, 0, 1)
        return self.transform(image), 0


def time_one(name, transform, as_pil):
    loader = DataLoader(Images(transform, as_pil), 128, shuffle=True, num_workers=1, persistent_workers=True)
    for _ in loader:  # starts the worker
        pass
    start = time.perf_counter()
    for _ in loader:
        pass
    print(f"{name}: {COUNT / (time.perf_counter() - start):.0f} images/s")


torch.set_num_threads(1)
time_one("torchvision, PIL images", T.Compose([
    T.RandomCrop(32, padding=4), T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize(MEAN, STD)]), True)
time_one("torchvision, tensors", T.Compose([
    T.RandomCrop(32, padding=4), T.RandomHorizontalFlip(), T.ConvertImageDtype(torch.float32), T.Normalize(MEAN, STD)]),
    False)
