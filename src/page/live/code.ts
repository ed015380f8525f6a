import type { Browser } from '../browser/browser.ts';
import { codeIn } from '../kit/routes.ts';

interface CodeExchange {
  /** What the address shows instead of the code. */
  readonly home: string;
  /** Makes a session of it. */
  readonly signIn: (code: string) => Promise<unknown>;
}

/**
 * Exchanges the code in the address, where there is one, for a session. A code works once, so it does not stay in the
 * address, where a reload would find it.
 */
export async function exchangeCode(
  browser: Pick<Browser, 'fragment' | 'setFragment'>,
  { home, signIn }: CodeExchange,
): Promise<void> {
  const code = codeIn(browser.fragment());
  if (code === undefined) return;
  browser.setFragment(home, 'replace');
  await signIn(code);
}
