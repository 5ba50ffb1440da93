/// How large a message head may be, in bytes; line ends are not counted for single lines.
package struct HeadLimits: Sendable, Equatable {
    /// The request line, or the status line of an answer.
    package var startLine: Int
    /// One field line, name and value together.
    package var fieldLine: Int
    /// The whole head, with its empty line.
    package var total: Int
    /// How many field lines.
    package var fields: Int

    package init(startLine: Int, fieldLine: Int, total: Int, fields: Int) {
        self.startLine = startLine
        self.fieldLine = fieldLine
        self.total = total
        self.fields = fields
    }

    /// What a client may send unless the configuration says otherwise.
    package static let request = HeadLimits(
        startLine: 8 << 10, fieldLine: 8 << 10, total: 16 << 10, fields: 100)

    /// What an upstream may answer.
    package static let response = HeadLimits(
        startLine: 8 << 10, fieldLine: 16 << 10, total: 32 << 10, fields: 200)
}
