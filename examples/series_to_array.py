"""A folder of slices as one array of HU, by position: ``python series_to_array.py FOLDER``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import numpy as np

import pycornerstone as cs


async def load_series(files: list[Path]) -> np.ndarray:
    with cs.Session() as session:
        image_ids = [f"dicomfile:{file}" for file in files]
        images = await asyncio.gather(*session.load_and_cache_images(image_ids))
    # Slices lie along the normal, whatever their files are called.
    normal = np.array(images[0].geometry.normal)
    images.sort(key=lambda image: normal @ image.geometry.position_lps)
    return np.stack([image.modality_values() for image in images])


if __name__ == "__main__":
    volume = asyncio.run(load_series(list(Path(sys.argv[1]).glob("*.dcm"))))
    print(f"{volume.shape} {volume.dtype}, {volume.min():g} to {volume.max():g}")
