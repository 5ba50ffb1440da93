@main
struct OcmgateDemo {
    static func main() {}
}
