import { IgnitionError } from '@ignition/node'

import { me } from '@/lib/ignition'

export const dynamic = 'force-dynamic'

/** Today as JSON, for a watch or a widget. What the reader holds already is not sent again. */
export async function GET(request: Request) {
  try {
    const answer = await (await me()).answer('today.get', {}, { ifNoneMatch: request.headers.get('if-none-match') ?? '' })
    const headers = { ETag: `"${answer.etag}"`, 'Cache-Control': 'private, no-cache' }
    if (answer.notModified) return new Response(null, { status: 304, headers })
    return Response.json(answer.output, { headers })
  } catch (error) {
    if (!(error instanceof IgnitionError)) throw error
    return Response.json({ error }, { status: error.code === 'UNAVAILABLE' ? 503 : 500 })
  }
}
