import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** A passkey in software: what a browser and an authenticator answer (WebAuthn level 3, ES256, no attestation). */
export function authenticator(origin: string, rpId: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const id = randomBytes(16)
  // CBOR: a map of 5 with kty EC2, alg ES256, crv P-256, x and y (RFC 9053 section 7.1.1)
  const coseKey = Buffer.concat([
    Buffer.from('a5010203262001215820', 'hex'),
    Buffer.from(x, 'base64url'),
    Buffer.from('225820', 'hex'),
    Buffer.from(y, 'base64url'),
  ])
  let counter = 0

  function authenticatorData(flags: number, more = Buffer.alloc(0)): Buffer {
    const count = Buffer.alloc(4)
    count.writeUInt32BE(++counter)
    return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.from([flags]), count, more])
  }

  function clientData(type: string, challenge: string): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))
  }

  function answer(response: Record<string, Buffer>) {
    const encoded = Object.entries(response).map(([name, bytes]) => [name, bytes.toString('base64url')])
    const rawId = id.toString('base64url')
    const response_ = Object.fromEntries(encoded) as object
    return { id: rawId, rawId, type: 'public-key', clientExtensionResults: {}, response: response_ }
  }

  return {
    register(challenge: string) {
      const credential = Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, coseKey])
      const data = authenticatorData(0x45, credential) // user present, user verified, attested credential
      const attestationObject = Buffer.concat([
        Buffer.from('a363666d74646e6f6e656761747453746d74a068617574684461746158', 'hex'),
        Buffer.from([data.length]),
        data,
      ])
      return answer({ clientDataJSON: clientData('webauthn.create', challenge), attestationObject })
    },
    authenticate(challenge: string) {
      const clientDataJSON = clientData('webauthn.get', challenge)
      const data = authenticatorData(0x05)
      const signed = Buffer.concat([data, createHash('sha256').update(clientDataJSON).digest()])
      return answer({ clientDataJSON, authenticatorData: data, signature: sign('sha256', signed, privateKey) })
    },
  }
}
