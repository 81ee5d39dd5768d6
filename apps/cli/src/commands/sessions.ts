import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { closeCommand, removeCommand, renameCommand, suspendCommand, wakeCommand } from './session-changes.js';
import { attachCommand } from './sessions-attach.js';
import { listCommand } from './sessions-ls.js';
import { newCommand } from './sessions-new.js';

export const sessionsCommand = (cli: Cli): Command =>
  new Command('sessions')
    .description('list, start, attach, end')
    .addCommand(listCommand(cli))
    .addCommand(newCommand(cli))
    .addCommand(attachCommand(cli))
    .addCommand(closeCommand(cli))
    .addCommand(suspendCommand(cli))
    .addCommand(wakeCommand(cli))
    .addCommand(renameCommand(cli))
    .addCommand(removeCommand(cli));
