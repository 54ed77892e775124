"""A real browser without a screen: Debian's Chromium, driven by Selenium."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

PROGRAM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"


@contextmanager
def browser(width: int = 1280, height: int = 900) -> Iterator[webdriver.Chrome]:
    """A window of so many pixels; a narrow one is a phone. Without Chromium the test fails."""
    assert Path(PROGRAM).exists(), "apt-get install chromium chromium-driver"
    options = webdriver.ChromeOptions()
    options.binary_location = PROGRAM
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    screen = {"deviceMetrics": {"width": width, "height": height, "pixelRatio": 2}}
    options.add_experimental_option("mobileEmulation", screen)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        yield driver
    finally:
        driver.quit()
