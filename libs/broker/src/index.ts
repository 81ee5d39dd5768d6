export {
  type Broker,
  type BrokerLimits,
  type BrokerLog,
  type BrokerOptions,
  type Upstream,
  type UpstreamCredential,
} from './broker-options.js';
export { openBroker } from './open-broker.js';
