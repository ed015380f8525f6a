import { command } from '../../../command.ts';

/** Groups the commands about tokens of projects. */
export const tokens = command({
  summary: 'Create tokens that open one project, list and revoke them',
  examples: ['studio-worker studio tokens list'],
  args: {},
  subCommands: {
    list: async () => (await import('./list.ts')).tokensList,
    add: async () => (await import('./add.ts')).tokensAdd,
    rm: async () => (await import('./rm.ts')).tokensRm,
  },
});
