"""Looks at pictures of a page, pixel by pixel, in a browser. Knows nothing of what they show."""

from base64 import b64encode
from typing import Any

from playwright.sync_api import Page

LIGHT = """
    const pixels = async (address) => {
        const image = new Image();
        image.src = address;
        await image.decode();
        const { width, height } = image;
        const context = new OffscreenCanvas(width, height).getContext('2d');
        context.drawImage(image, 0, 0);
        return context.getImageData(0, 0, width, height).data;
    };
    const luminance = (data, i) => [0.2126, 0.7152, 0.0722].reduce((sum, share, channel) => {
        const value = data[i + channel] / 255;
        return sum + share * (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    }, 0);
    const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
"""
"""The pixels of a picture, the relative luminance of the one at `i`, the contrast of two (WCAG 2.2)."""


def develop(page: Page, script: str, *pictures: bytes) -> Any:
    """What the body of an asynchronous function of `addresses` makes of PNG pictures; it may use what `LIGHT` defines.
    `page` needs a policy that lets it show pictures from data: addresses."""
    addresses = ["data:image/png;base64," + b64encode(picture).decode() for picture in pictures]
    return page.evaluate(f"async (addresses) => {{ {LIGHT} {script} }}", addresses)
