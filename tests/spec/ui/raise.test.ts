import { expect, test } from 'bun:test';
import { askForWindow, asksToQuit, askToQuit, endIcon } from '../../../src/ui/raise.ts';
import { SkippingClock } from '../../fakes/system/skipping-clock.ts';

test('only the word of ours asks the icon to end', () => {
  expect(asksToQuit(askToQuit(1))).toBe(true);
  for (const text of [askForWindow(1), '', undefined]) expect(asksToQuit(text)).toBe(false);
});

test('an icon is waited for until it is gone, and not for ever', async () => {
  const clock = new SkippingClock();
  const written: string[] = [];
  const ending = (left: number) => {
    const isThere = (): Promise<boolean> => {
      clock.skip(1_000);
      return Promise.resolve(left-- > 0);
    };
    return endIcon({ clock, isThere, write: (text) => Promise.resolve(void written.push(text)) });
  };
  expect(await ending(0)).toBe(true);
  expect(written).toEqual([]);
  expect(await ending(3)).toBe(true);
  expect(await ending(1_000)).toBe(false);
  expect(written.map(asksToQuit)).toEqual([true, true]);
});
