import { command } from '../../../command.ts';

/** Groups the commands about models. */
export const models = command({
  summary: 'Manage the models the studio may offer',
  examples: ['studio-worker studio models list'],
  args: {},
  subCommands: {
    add: async () => (await import('./add.ts')).modelsAdd,
    list: async () => (await import('./list.ts')).modelsList,
    replace: async () => (await import('./replace.ts')).modelsReplace,
    rm: async () => (await import('./rm.ts')).modelsRm,
  },
});
