import type { Page } from 'playwright-core';
import type { PageOptions, TestBrowser } from './Browser.ts';

/** Somebody in front of the chat page. */
export class ChatPage {
  readonly page: Page;
  /** Errors the page threw and did not catch. */
  readonly errors: readonly string[];

  private constructor(page: Page, errors: readonly string[]) {
    this.page = page;
    this.errors = errors;
  }

  /** Opens the page, gives a name and waits for the connection. */
  static async enter(
    browser: TestBrowser,
    url: string,
    name: string,
    options?: PageOptions,
  ): Promise<ChatPage> {
    const { page, errors } = await browser.open(url, options);
    const chat = new ChatPage(page, errors);
    await page.getByLabel('Your name').fill(name);
    await page.getByRole('button', { name: 'Enter the chat' }).click();
    await chat.connected();
    return chat;
  }

  async connected(timeoutMs = 10_000): Promise<void> {
    await this.page.getByText('Connected', { exact: true }).waitFor({ timeout: timeoutMs });
  }

  /** Goes to a room by its link. */
  async goTo(room: string): Promise<void> {
    await this.page.getByRole('link', { name: room, exact: true }).click();
    await this.page.getByRole('heading', { name: room, exact: true }).waitFor();
    await this.connected();
  }

  async say(text: string): Promise<void> {
    await this.page.getByLabel('Your line').fill(text);
    await this.page.getByRole('button', { name: 'Send' }).click();
  }

  /** Waits until a line is shown. */
  async sees(text: string, timeoutMs = 10_000): Promise<void> {
    await this.page.locator('.bubble', { hasText: text }).first().waitFor({ timeout: timeoutMs });
  }

  /** Waits until the server has shown every line of this page. */
  async delivered(): Promise<void> {
    await this.page.locator('.own').first().waitFor();
    // Not by a function: the page's own policy allows no text to be run as code.
    await this.page.locator('.pending').first().waitFor({ state: 'detached' });
  }

  /** Who said what, as a reader sees it; the name is empty inside a group of one person's lines. */
  async lines(): Promise<[string, string][]> {
    // Names of the same group are in the page but not shown; innerText keeps line breaks of the text.
    return this.page.evaluate(`[...document.querySelectorAll('.said')].map((line) => [
      line.querySelector('.who').checkVisibility() ? line.querySelector('bdi').innerText : '',
      line.querySelector('.bubble p').innerText,
    ])`);
  }

  /** What was said, without who said it. */
  async texts(): Promise<string[]> {
    return (await this.lines()).map(([, text]) => text);
  }
}
