// The page in Firefox, by puppeteer-core and WebDriver BiDi: argv are the program, the page's address
// and a stem. Prints, as JSON, the effects of a chain that is chosen, what the players do before and
// after a switch when a preset is, and what went wrong.

import puppeteer from "puppeteer-core";

const [executablePath, address, stem] = process.argv.slice(2);
const browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true });
try {
  const page = await browser.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(address);
  const input = await page.waitForSelector("#ask input[type=file]");
  await input.uploadFile(stem);
  await page.waitForSelector(".chosen:not([hidden])");
  await page.click("input[value=tape]");
  await page.waitForSelector(".effect input");
  const effects = await page.$$eval(".effect legend", (all) => all.map((it) => it.textContent));
  await page.click("input[value=violin]");
  await page.waitForFunction(() => !document.querySelector(".effect"));
  await page.click("#ask button.main");
  const ready = () => {
    const all = [...document.querySelectorAll("#opened audio")];
    return all.length === 3 && all.every((it) => it.duration > 1);
  };
  await page.waitForFunction(ready, { timeout: 60_000 });
  const players = () =>
    [...document.querySelectorAll("#opened audio")].map((it) => [it.paused, it.muted, it.currentTime]);
  await page.click("#opened .sound:nth-of-type(1) .play");
  await page.waitForFunction(() => document.querySelectorAll("#opened audio")[2].currentTime > 0.5);
  const before = await page.evaluate(players);
  await page.keyboard.press("x");
  const after = await page.evaluate(players);
  console.log(JSON.stringify({ effects, before, after, errors }));
} finally {
  await browser.close();
}
