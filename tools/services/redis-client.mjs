import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { addressOf } from '../lib/secrets.mjs';
import { ToolError } from '../lib/tool-error.mjs';

const ANSWER_MS = 5000;
const SERVING_MS = 60_000;
const RETRY_MS = 50;

/** Commands as arrays of words (RESP), so that a password may hold any character. */
function encode(words) {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

/** Signs in and pings: resolves when Redis answers PONG, rejects with Redis' own words or the socket's error. */
function pingRedis(url) {
  const { hostname, port, username, password, protocol } = new URL(url);
  const user = decodeURIComponent(username) || 'default';
  const signIn = password ? encode(['AUTH', user, decodeURIComponent(password)]) : '';
  return new Promise((resolve, reject) => {
    const target = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) };
    const socket = protocol === 'rediss:' ? connectTls({ ...target, servername: target.host }) : connect(target);
    let answer = '';
    socket.setEncoding('utf8').setTimeout(ANSWER_MS, () => socket.destroy(new Error('no answer within 5 s')));
    socket.on('error', reject).on('close', () => reject(new Error('the connection was closed')));
    socket.once(protocol === 'rediss:' ? 'secureConnect' : 'connect', () => socket.write(signIn + encode(['PING'])));
    socket.on('data', (text) => {
      answer += text;
      const failure = /^-(.*)\r\n/m.exec(answer);
      if (failure) reject(new Error(failure[1]));
      else if (answer.includes('+PONG\r\n')) resolve();
      else return;
      socket.destroy();
    });
  });
}

/** Waits until Redis has loaded its data and answers; false when the child ended instead. */
export async function waitUntilAnswering(url, child, stop) {
  let ended = false;
  void child.exited.then(() => (ended = true));
  for (const end = Date.now() + SERVING_MS; ;) {
    try {
      await pingRedis(url);
      return !ended;
    } catch (error) {
      if (ended) return false;
      if (Date.now() > end) throw new ToolError(`Redis did not answer within ${SERVING_MS / 1000} s: ${error.message}`);
    }
    await stop.sleep(RETRY_MS);
  }
}

/** Throws the one line that says why the given REDIS_URL cannot be used. */
export async function requireRedis(url) {
  let address;
  try {
    address = addressOf(url, 6379);
    if (!/^rediss?:$/.test(new URL(url).protocol)) throw new Error('not redis');
  } catch {
    throw new ToolError('REDIS_URL is not a URL: it should look like redis://user:password@host:6379');
  }
  try {
    await pingRedis(url);
  } catch (error) {
    const reason = (error.errors?.[0]?.message ?? error.message).split('\n')[0];
    throw new ToolError(`cannot use REDIS_URL (${address}): ${reason}; unset it to use an own Redis`);
  }
}
