// Servers that `sipreuse publish` is tested against, on loopback.
//   node servers.mjs s3 LOG      a bucket "event" that checks each signature with a signer of its own, and each body's digest
//   node servers.mjs flaky LOG   takes PUT; its first answers are 503 and connections cut in the middle
// Prints its port. LOG gets a line for each request: "METHOD PATH STATUS".
import {createServer} from 'node:http';
import {createHash} from 'node:crypto';
import {appendFileSync} from 'node:fs';
import aws4 from 'aws4';

const [kind, log] = process.argv.slice(2);
const key = {accessKeyId: 'AKIDEVENT', secretAccessKey: 'the right secret'};
const store = new Map();
let troubles = kind === 'flaky' ? 3 : 0;

// The Authorization that a right client would have sent for this request, made from scratch by another implementation.
function expected(request, signed) {
  const headers = Object.fromEntries(signed.filter((name) => name in request.headers).map((name) => [name, request.headers[name]]));
  const again = {method: request.method, path: request.url, host: request.headers.host, service: 's3', region: 'eu-test-1', headers,
                 signQuery: false, doNotEncodePath: true};
  return aws4.sign(again, key).headers.Authorization;
}

function signatureMistake(request, body) {
  const header = request.headers.authorization ?? '';
  const [, signed] = /SignedHeaders=([^,]+)/.exec(header) ?? [];
  if (!signed) return 'no signature';
  for (const name of ['host', 'x-amz-content-sha256', 'x-amz-date'])
    if (!signed.split(';').includes(name)) return `${name} is not signed`;
  if (expected(request, signed.split(';')).split('Signature=')[1] !== header.split('Signature=')[1]) return 'SignatureDoesNotMatch';
  if (createHash('sha256').update(body).digest('hex') !== request.headers['x-amz-content-sha256']) return 'the body has another digest';
  return null;
}

function answer(request, body) {
  if (kind === 's3') {
    const mistake = signatureMistake(request, body);
    if (mistake) return [403, mistake];
    if (!request.url.startsWith('/event/')) return [404, 'NoSuchBucket'];
  }
  switch (request.method) {
    case 'PUT': store.set(request.url, body); return [200, ''];
    case 'DELETE': store.delete(request.url); return [204, ''];
    case 'GET': case 'HEAD': return store.has(request.url) ? [200, store.get(request.url)] : [404, ''];
    default: return [405, ''];
  }
}

const server = createServer((request, response) => {
  const parts = [];
  if (request.method === 'PUT' && troubles > 0 && troubles-- === 1) {
    request.once('data', () => request.socket.destroy());
    appendFileSync(log, `${request.method} ${request.url} cut\n`);
    return;
  }
  const isTrouble = request.method === 'PUT' && kind === 'flaky' && troubles > 0;
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const [status, text] = isTrouble ? [503, ''] : answer(request, Buffer.concat(parts));
    appendFileSync(log, `${request.method} ${request.url} ${status}\n`);
    response.writeHead(status, {'content-length': Buffer.byteLength(text)});
    response.end(request.method === 'HEAD' ? undefined : text);
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
