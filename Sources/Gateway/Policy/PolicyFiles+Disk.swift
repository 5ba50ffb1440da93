package import Federation

extension PolicyFiles {
    /// Files as they lie on the disk: regular ones, since whoever reads another may wait for ever. A list may
    /// have as many bytes as any of them.
    package static let disk = PolicyFiles { path in
        if PrivateFile.presence(path) == .absent { return nil }
        return try PrivateFile.readPlain(path, limit: ListContents.longest)
    }
}
