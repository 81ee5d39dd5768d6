import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { closeCommand, removeCommand, renameCommand, suspendCommand, wakeCommand } from './session-changes.js';
import { attachCommand } from './sessions-attach.js';
import { listCommand } from './sessions-ls.js';
import { newCommand } from './sessions-new.js';
import { screenCommand } from './sessions-screen.js';

export const sessionsCommand = (cli: Cli): Command =>
  new Command('sessions')
    .description('list, start, attach, look at, end')
    .addCommand(listCommand(cli))
    .addCommand(newCommand(cli))
    .addCommand(attachCommand(cli))
    .addCommand(screenCommand(cli))
    .addCommand(closeCommand(cli))
    .addCommand(suspendCommand(cli))
    .addCommand(wakeCommand(cli))
    .addCommand(renameCommand(cli))
    .addCommand(removeCommand(cli));
