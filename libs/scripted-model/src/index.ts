export { startScriptedModel, type ReceivedRequest, type ScriptedModel, type ScriptedModelOptions } from './scripted-model.js';
