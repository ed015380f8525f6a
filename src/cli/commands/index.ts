import type { CommandTable } from '../command.ts';

/** Every command in the order help lists them. One file and one line here make a command. */
export const COMMANDS: CommandTable = {
  run: async () => (await import('./run.ts')).run,
  register: async () => (await import('./register.ts')).register,
  status: async () => (await import('./status.ts')).status,
  enable: async () => (await import('./enable.ts')).enable,
  disable: async () => (await import('./disable.ts')).disable,
  'set-threshold': async () => (await import('./set-threshold.ts')).setThreshold,
  config: async () => (await import('./config/index.ts')).config,
  doctor: async () => (await import('./machine/doctor.ts')).doctor,
  setup: async () => (await import('./machine/setup.ts')).setup,
  uninstall: async () => (await import('./machine/uninstall.ts')).uninstall,
  'install-service': async () => (await import('./machine/install-service.ts')).installService,
  'uninstall-service': async () => (await import('./machine/uninstall-service.ts')).uninstallService,
  models: async () => (await import('./models/index.ts')).models,
  paths: async () => (await import('./machine/paths.ts')).paths,
  outbox: async () => (await import('./outbox/index.ts')).outbox,
  'explain-offer': async () => (await import('./explain-offer.ts')).explainOffer,
  engines: async () => (await import('./engines.ts')).engines,
  'check-update': async () => (await import('./check-update.ts')).checkUpdate,
  update: async () => (await import('./update.ts')).update,
  demo: async () => (await import('./demo.ts')).demo,
  studio: async () => (await import('./studio/index.ts')).studio,
  completions: async () => (await import('./completions.ts')).completions,
  licences: async () => (await import('./licences.ts')).licences,
  help: async () => (await import('./help.ts')).help,
};
