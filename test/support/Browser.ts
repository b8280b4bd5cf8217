import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const screenshotFolder = path.resolve(import.meta.dirname, '../../test-output');

export interface PageOptions {
  readonly colorScheme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  readonly reducedMotion?: 'reduce' | 'no-preference';
  /** Goes on where a certificate is not to be trusted. */
  readonly ignoreHTTPSErrors?: boolean;
}

/** One Chromium for a test file; each page is a person of its own, with its own storage. */
export class TestBrowser {
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  /** Where Chromium is: `CHROMIUM` or the usual place. */
  static get executablePath(): string {
    return process.env['CHROMIUM'] ?? '/usr/bin/chromium';
  }

  static async launch(): Promise<TestBrowser> {
    const browser = await chromium.launch({
      executablePath: TestBrowser.executablePath,
      headless: true,
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    });
    return new TestBrowser(browser);
  }

  /** Opens a page; fails the test's wait helpers on errors the page throws. */
  async open(url: string, options: PageOptions = {}): Promise<TestPage> {
    const context = await this.#browser.newContext({
      colorScheme: options.colorScheme ?? 'light',
      reducedMotion: options.reducedMotion ?? 'no-preference',
      ignoreHTTPSErrors: options.ignoreHTTPSErrors ?? false,
      viewport: { width: options.width ?? 1100, height: options.height ?? 760 },
    });
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.goto(url);
    return { page, context, errors };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

export interface TestPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors the page threw and did not catch. */
  readonly errors: readonly string[];
}

/** Writes a screenshot into `test-output/`, which git ignores. */
export async function takeScreenshot(page: Page, name: string): Promise<void> {
  await mkdir(screenshotFolder, { recursive: true });
  await page.screenshot({ path: path.join(screenshotFolder, `${name}.png`) });
}
