import { expect, test } from 'bun:test';
import { UPDATE_STATES } from '../../../../src/contract/worker/update-status.ts';
import { isNews, updateLook } from '../../../../src/page/worker/about/update.ts';

test('each state of an update has a sentence of its own', () => {
  const looks = UPDATE_STATES.map((at) => updateLook({ at, version: '0.6.1' }));
  expect(new Set(looks.map(({ say }) => say)).size).toBe(UPDATE_STATES.length);
  expect(updateLook({ at: 'draining', version: '0.6.1' })).toMatchObject({
    say: '0.6.1 installs when the running job is done.',
    step: 2,
  });
  expect(updateLook({ at: 'rolled-back' }).say).toBe('A newer release did not start, so this version stays.');
});

test('an update is news while it moves or has failed', () => {
  const news = UPDATE_STATES.filter((at) => isNews({ at }));
  expect(news).toEqual(['downloading', 'draining', 'trial', 'swapping', 'rolled-back', 'shelved']);
  expect(isNews(null)).toBe(false);
});
