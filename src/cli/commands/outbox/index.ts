import { command } from '../../command.ts';

/** Groups the commands about results that the studio does not have. */
export const outbox = command({
  summary: 'Manage the finished results that the studio does not have yet',
  examples: ['studio-worker outbox list'],
  args: {},
  subCommands: {
    list: async () => (await import('./list.ts')).list,
    show: async () => (await import('./show.ts')).show,
    retry: async () => (await import('./retry.ts')).retry,
    export: async () => (await import('./export.ts')).exportResult,
    discard: async () => (await import('./discard.ts')).discard,
  },
});
