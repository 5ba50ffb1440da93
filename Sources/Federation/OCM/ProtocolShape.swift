/// The shapes that `protocol` of a share has had (`protocol.md` 3).
package enum ProtocolShape: Sendable, Equatable {
    /// `{"name":"webdav","options":{"sharedSecret":…}}`, deprecated.
    case legacy
    /// `{"name":"webdav","webdav":{…}}`.
    case single
    /// `{"name":"multi","webdav":{…},"webapp":{…}}`; the newest drafts leave the name away.
    case multi
    /// A name that we do not know with members of its own (`nctalk`, `Seafile API`).
    case foreign
}
