import type { Lingering } from '../../service/linger.ts';

/** What the operator should know about a service that may end with the last session. */
export function lingerLines(lingering: Lingering | undefined): readonly string[] {
  if (lingering === 'on') return ['it runs from the start of the machine, also while nobody is logged in'];
  if (lingering === undefined) return [];
  return [
    'it starts when you log in and ends when you log out; to keep it running, also after a restart of the machine:',
    '  studio-worker install-service --linger',
  ];
}
