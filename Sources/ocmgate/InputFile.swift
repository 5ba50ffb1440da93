import Federation
import Foundation
import Gateway
import Synchronization

/// A file that a command reads whole; `-` is standard input.
enum InputFile {
    /// The file as messages name it.
    static func name(_ file: String) -> String { file == "-" ? "stdin" : file }

    /// Its bytes. Refused: one that is not there, or cannot be read.
    static func bytes(_ file: String) throws -> [UInt8] {
        if file == "-" {
            do throws(ConfigurationErrors) { return try standardInput() } catch {
                throw CommandFailure(error)
            }
        }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw CommandFailure("\(PrivateFile.unread(file))")
        }
        return [UInt8](data)
    }

    /// Refused: to read it twice, since there is nothing left then.
    static func standardInput() throws(ConfigurationErrors) -> [UInt8] {
        let isFirst = wasRead.withLock { wasRead in
            defer { wasRead = true }
            return !wasRead
        }
        guard isFirst else {
            throw ConfigurationErrors(
                ConfigurationError(
                    file: name("-"), position: nil, message: "this was read already",
                    remedy: "only one - can be given"))
        }
        do { return [UInt8](try FileHandle.standardInput.readToEnd() ?? Data()) } catch {
            throw ConfigurationErrors(
                ConfigurationError(
                    file: name("-"), position: nil, message: "this cannot be read as a file",
                    remedy: nil))
        }
    }

    private static let wasRead = Mutex(false)
}
