import { expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { PAGE_HEADERS, pageFile } from '../../../src/page/served.ts';
import { pageScript } from '../../../src/system/page-script.ts';

test('a page is whole: what its document asks for is served beside it', async () => {
  const index = await pageFile('worker', '/', pageScript);
  expect(index?.type).toBe('text/html; charset=utf-8');
  const asked = [...(index?.body ?? '').matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path = '']) => path);
  expect(asked).toHaveLength(3);
  for (const path of asked) expect((await pageFile('worker', path, pageScript))?.body.length).toBeGreaterThan(100);
  expect(await pageFile('worker', '/assets/other.js', pageScript)).toBe(undefined);
});

test('a page runs its own files alone, and shows itself in no frame', async () => {
  const policy = PAGE_HEADERS['content-security-policy'] ?? '';
  expect(policy).toStartWith("default-src 'none'; script-src 'self'; style-src 'self'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
});

test('nothing of a page comes from anywhere else, and no style is inline', async () => {
  for (const path of ['/', '/assets/page.css']) {
    const { body } = (await pageFile('worker', path, pageScript))!;
    expect(body).not.toMatch(/https?:\/\/|style=|@import|url\(/);
  }
});

test('what a page says stands in its words, not between its components', () => {
  const files = readdirSync('src/page', { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.tsx'));
  const spoken = files.flatMap((path) => {
    const code = readFileSync(`src/page/${path}`, 'utf8');
    const texts = [...code.matchAll(/>([^<>{}=;()]*[A-Za-z]{2}[^<>{}=;()]*)<\//g)].map(([, text = '']) => text.trim());
    const labels = [...code.matchAll(/\b(?:title|label|aria-label|placeholder|alt)="([^"]+)"/g)].map(
      ([, text]) => text,
    );
    return [...texts, ...labels].map((text) => `${path}: ${text}`);
  });
  expect(spoken).toEqual([]);
});
