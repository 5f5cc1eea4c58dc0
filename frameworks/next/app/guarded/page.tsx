import { getSession } from '../../lib/session'

export default async function Page() {
  return <p>{`Guarded, ${(await getSession()).userId}`}</p>
}
