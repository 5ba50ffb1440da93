/// What TOML 1.0 does not allow in a text: where it stands, and what mends it.
struct TOMLFault: Error {
    let position: SourcePosition
    let message: String
    let remedy: String?

    init(_ position: SourcePosition, _ message: String, _ remedy: String? = nil) {
        self.position = position
        self.message = message
        self.remedy = remedy
    }

    static func tooDeep(_ position: SourcePosition) -> TOMLFault {
        TOMLFault(position, "this is nested deeper than \(TOMLParser.depthLimit)")
    }

    static func neverClosed(_ opening: String, _ position: SourcePosition) -> TOMLFault {
        TOMLFault(position, "\(opening) is never closed")
    }
}
