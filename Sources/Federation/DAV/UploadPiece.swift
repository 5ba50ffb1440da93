import OpenSSL

extension String {
    /// Whether a path ends with the name of a piece of an upload, `NAME-chunking-ID-COUNT-NUMBER`, as old
    /// clients of ownCloud cut them: the reva family puts such pieces together still, whether or not the
    /// request says `OC-Chunked` (`chunking.go`).
    ///
    /// True of a path that is no text.
    package var namesPieceOfUpload: Bool {
        guard let path = percentDecoded(self) else { return true }
        guard let name = path.utf8.split(separator: UInt8(ascii: "/")).last else { return false }
        let parts = name.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        // NAME may be empty, but not without its hyphen.
        guard parts.count >= 5 else { return false }
        let (mark, id, numbers) = (parts[parts.count - 4], parts[parts.count - 3], parts.suffix(2))
        return mark.elementsEqual("chunking".utf8) && !id.isEmpty
            && numbers.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isDigit) }
    }
}
