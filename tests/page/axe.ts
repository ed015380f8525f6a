import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

/** What axe-core finds wrong, as far as it keeps somebody from using the page: `rule: selector`. */
export async function seriousFaults(page: Page): Promise<readonly string[]> {
  await transitionsEnd(page);
  await page.evaluate(readFileSync('node_modules/axe-core/axe.min.js', 'utf8'));
  return await page.evaluate(async () => {
    const found = await (globalThis as unknown as { axe: Axe }).axe.run(document, { resultTypes: ['violations'] });
    return found.violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
  });
}

/** Halfway from one theme to the other, no colour has the contrast that either gives it. */
const transitionsEnd = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const running = document.getAnimations().filter((each) => each instanceof CSSTransition);
    await Promise.allSettled(running.map(({ finished }) => finished));
  });

interface Axe {
  run(
    context: Document,
    options: object,
  ): Promise<{
    readonly violations: readonly {
      readonly id: string;
      readonly impact: string;
      readonly nodes: readonly { readonly target: readonly string[] }[];
    }[];
  }>;
}
