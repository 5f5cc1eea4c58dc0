import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'

/** Makes a handler of Lambda from one of the Fetch API. */
export function toLambda(answer: (request: Request) => Promise<Response>) {
  return async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    const response = await answer(toRequest(event))
    const { 'set-cookie': _, ...headers } = Object.fromEntries(response.headers)
    return {
      statusCode: response.status,
      headers,
      cookies: response.headers.getSetCookie(),
      body: Buffer.from(await response.arrayBuffer()).toString('base64'),
      isBase64Encoded: true,
    }
  }
}

function toRequest(event: APIGatewayProxyEventV2): Request {
  const { domainName, http } = event.requestContext
  const headers = new Headers(event.headers as Record<string, string>)
  if (event.cookies) headers.set('Cookie', event.cookies.join('; '))
  const hasBody = event.body !== undefined && http.method !== 'GET' && http.method !== 'HEAD'
  return new Request(`https://${domainName}${event.rawPath}?${event.rawQueryString}`, {
    method: http.method,
    headers,
    body: hasBody ? Buffer.from(event.body!, event.isBase64Encoded ? 'base64' : 'utf8') : null,
  })
}
