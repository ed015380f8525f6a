import { expect, test } from 'bun:test';
import { isInstallable, missingIn, needsIn, tagOf } from './skips.ts';

const inZsh = `commands are completed${tagOf({ kind: 'program', name: 'zsh' })}`;
const byVoice = `speech is understood${tagOf({ kind: 'variable', name: 'STUDIO_WORKER_PIPER_VOICE' })}`;

test('a skipped test says in its title what the machine lacks', () => {
  expect(inZsh).toBe('commands are completed [needs the program zsh]');
  expect(needsIn(inZsh)).toEqual([{ kind: 'program', name: 'zsh' }]);
  expect(needsIn('commands are completed [sometimes]')).toEqual([]);
});

test('what was missing is counted by name, the most frequent first', () => {
  expect(missingIn([byVoice, inZsh, inZsh])).toBe('zsh (2), the variable STUDIO_WORKER_PIPER_VOICE (1)');
});

test('only a missing program is a skip that the machine could do without', () => {
  expect([inZsh, byVoice].map(isInstallable)).toEqual([true, false]);
});
