import type { APIEvent } from '@solidjs/start/server'
import { redirect } from '@solidjs/router'

export async function POST({ request, nativeEvent }: APIEvent) {
  const form = await request.formData()
  nativeEvent.context.session.signIn(String(form.get('name')))
  return redirect('/', 303)
}
