//! Words that tell a task whatever the source, in classes, in several languages.
//!
//! A class is a bit; a word may belong to several. The classes only feed the model: none of
//! them decides by itself.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::LazyLock,
};

use super::tokens::hash_of;

/// How many classes there are.
pub const CLASSES: usize = 18;

/// A set of classes, one bit each.
pub type Classes = u32;

/// The classes of words that ask for something, from "make something" to "ask for a fact".
pub const ASKING: Classes = 0xff;

/// The classes of the word with this hash; 0 for a word in none.
pub fn classes(hash: u64) -> Classes {
    TABLE.get(&hash).copied().unwrap_or(0)
}

/// Keys are hashes already; the table is fixed, so nobody from outside can fill it up.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0 << 8 | u64::from(*byte);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

type Table = HashMap<u64, Classes, BuildHasherDefault<AsItIs>>;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::default();
    for (class, words) in WORDS.iter().enumerate() {
        for word in words.split_whitespace() {
            *table.entry(hash_of(word)).or_insert(0) |= 1 << class;
        }
    }
    table
});

const WORDS: [&str; CLASSES] = [
    // 0: make something
    "write create compose draft generate make produce build design craft prepare give provide \
     schreibe schreib erstelle verfasse entwirf mach écris rédige crée fais génère escribe crea redacta \
     genera haz escreva crie faça gere scrivi crea genera напиши создай составь придумай сделай \
     viết tạo yaz oluştur napisz stwórz schrijf maak skriv اكتب أنشئ लिखो लिखिए लिखें बनाओ بنویس بساز \
     写一 写个 編寫 编写 写出 写作 创作 创建 生成 書いて 作って 作成 써줘 작성해 작성해줘 만들어 만들어줘 tulis buat",
    // 1: work on code
    "implement code program debug refactor compile deploy optimize optimise script install configure \
     migrate scrape mock unittest vectorize deobfuscate decompile benchmark parallelize implementiere \
     programmiere programa programar programme implémente implementa implementiere реализуй реализовать \
     запрограммируй 实现 编程 调试 修改代码 実装 구현 구현해줘",
    // 2: calculate
    "calculate compute solve evaluate simplify prove integrate differentiate factor factorise factorize \
     expand determine find estimate approximate invert derive show verify berechne rechne löse bestimme \
     beweise vereinfache calcule calculer résous résoudre démontrer démontre trouve calcula resuelve halla \
     demuestra encuentra determina simplifica resolva calcule determine calcola risolvi trova dimostra \
     вычисли вычислите найди найдите решите решить реши докажите доказать посчитай hesapla oblicz rozwiąż \
     计算 求出 求解 证明 求证 計算 求め 求めよ 계산 구하 구하시오 احسب हल गणना tính giải hitung",
    // 3: take out, put in a form
    "extract parse convert classify label tag list return output respond reply format map fill categorize \
     categorise identify annotate serialize normalise normalize transform structure enumerate rank rate \
     extrahiere konvertiere wandle klassifiziere gib extrais convertis classe renvoie extrae convierte \
     clasifica devuelve extraia converta classifique retorne estrai converti classifica restituisci извлеки \
     преобразуй классифицируй верни выведи 提取 抽取 转换 分类 返回 输出 抽出 変換 分類 返して 출력 추출 변환 분류",
    // 4: work on a text
    "rewrite paraphrase summarize summarise translate shorten rephrase proofread improve edit polish \
     summary reword condense simplify expand elaborate critique rewrite umschreiben übersetze korrigiere \
     verbessere fasse kürze traduis résume corrige améliore reformule traduce resume corrige mejora reescribe \
     traduza resuma corrija melhore reescreva traduci riassumi correggi migliora riscrivi переведи перепиши \
     сократи исправь улучши перефразируй 翻译 改写 润色 总结 缩写 概括 翻訳 要約 書き直 번역 요약 ترجم لخص अनुवाद dịch \
     terjemahkan przetłumacz vertaal",
    // 5: explain, talk over
    "explain describe discuss compare contrast tell elaborate outline teach interpret analyze analyse \
     erkläre beschreibe vergleiche diskutiere explique décris compare discute explica describe compara \
     discute explique descreva compare spiega descrivi confronta объясни опиши расскажи сравни обсуди \
     解释 说明 介绍 描述 比较 分析 説明 紹介 설명 설명해줘 اشرح समझाओ समझाइए giải_thích jelaskan",
    // 6: advise, plan, play
    "suggest recommend advise plan brainstorm help recommendations suggestions advice ideas tips should \
     imagine pretend act roleplay role persona character plot pretend suppose empfiehl rate schlage vor plane \
     hilf suggère recommande conseille aide sugiere recomienda aconseja planea ayuda sugira recomende planeje \
     ajude suggerisci consiglia pianifica aiuta посоветуй предложи порекомендуй помоги представь 建议 推荐 扮演 \
     假设你 帮我想 提案 おすすめ 教えて 추천 추천해줘 اقترح सुझाव",
    // 7: ask for a fact
    "who whom whose when where which wer wen wem wann wo woher welche welcher welches qui quand où quel \
     quelle quels quelles quién quien cuándo cuando dónde donde cuál cual quem quando onde qual chi quando \
     dove quale кто когда где какой какая какое какие чей kto kiedy gdzie jaki wie wanneer waar welke kim \
     nerede hangi 谁是 是谁 哪个 哪里 哪一 何时 什么时候 誰が 誰で いつ どこ どの 누구 언제 어디 من متى أين कौन कब कहाँ किस किसने siapa kapan",
    // 8: code things
    "function functions class classes method script program code algorithm array loop bug error exception \
     compiler regex regexp api endpoint database query component library repo repository docker kubernetes \
     server backend frontend cli variable pointer struct string int integer boolean recursion recursive thread \
     async await module package import decorator iterator lambda closure stack queue heap tree graph hashmap \
     dict dictionary tuple list dataframe css html div button webpage website app plugin macro shell terminal \
     command commit branch merge git pipeline unit test tests stacktrace traceback segfault nullpointer syntax \
     snippet codebase framework middleware webhook socket http cron makefile dockerfile yaml_file funktion \
     skript programm fehler klasse methode fonction programme erreur classe función programa código error clase \
     função programa código erro classe funzione programma codice errore функция функцию функции программа \
     программу программы код кода скрипт ошибка ошибку класс 代码 函数 程序 算法 脚本 报错 编译 数组 类型 コード 関数 \
     プログラム スクリプト エラー 코드 함수 프로그램 스크립트 오류 كود دالة برنامج कोड फ़ंक्शन फंक्शन प्रोग्राम hàm mã",
    // 9: names of programming languages and tools
    "python javascript typescript java kotlin swift rust golang go c cpp csharp php ruby perl scala haskell \
     lua matlab r julia sql mysql postgres postgresql sqlite mongodb redis bash powershell zsh vba excel_vba \
     assembly fortran cobol dart flutter react vue angular svelte nextjs node nodejs express django flask \
     fastapi spring laravel rails pandas numpy pytorch torch tensorflow keras sklearn scipy matplotlib seaborn \
     jquery tailwind bootstrap webpack npm pip cargo maven gradle cmake jest pytest junit selenium playwright \
     puppeteer beautifulsoup docker kubernetes terraform ansible nginx linux ubuntu windows aws azure gcp git \
     github vscode unity unreal godot roblox arduino esp32 opencv cuda opengl glsl hlsl verilog vhdl latex \
     regex html css sass svg jsx tsx graphql grpc protobuf kafka spark hadoop airflow dbt snowflake excel \
     ios android xcode swiftui jetpack xaml wpf dotnet winforms qt pyqt tkinter streamlit gradio langchain \
     openai huggingface solidity ethereum nix vim emacs awk sed grep jq curl ffmpeg питон питоне пайтон 파이썬 자바",
    // 10: mathematics
    "sum difference product quotient equation equations polynomial matrix determinant derivative integral \
     limit probability fraction ratio percent percentage average mean median variance deviation area perimeter \
     volume radius diameter triangle circle rectangle square cube angle degrees hypotenuse prime divisor \
     multiple remainder modulo factorial root roots sqrt logarithm log sine cosine tangent sin cos tan vector \
     eigenvalue eigenvalues theorem lemma proof sequence series arithmetic geometric convergence permutation \
     permutations combinations binomial distribution interest compound principal rate speed velocity distance \
     total altogether remaining left each per twice half double triple thrice dozen cost costs price profit \
     discount integer integers digit digits number numbers real complex function graph slope intercept vertex \
     coefficient coefficients inequality congruent modulus bijection group ring field isomorphism homomorphism \
     topology measure converges continuous differentiable gleichung summe wahrscheinlichkeit ableitung \
     fläche umfang prozent équation somme probabilité dérivée intégrale aire pourcentage ecuación suma \
     probabilidad derivada integral área porcentaje equação soma probabilidade derivada porcentagem equazione \
     somma probabilità derivata percentuale уравнение сумма сумму вероятность производная производную интеграл \
     площадь процент процентов скорость 方程 概率 面积 导数 积分 矩阵 函数f 多少 百分 速度 平均 確率 面積 方程式 微分 \
     확률 방정식 넓이 متوسط معادلة احتمال समीकरण प्रायिकता क्षेत्रफल औसत",
    // 11: units and money
    "km kilometers kilometres miles meters metres cm mm m feet foot inches inch yards kg g grams kilograms \
     pounds lbs ounces liters litres ml gallons hours hour minutes minute seconds days weeks months years mph \
     kmh km_h dollars dollar cents cent euros euro usd eur gbp rupees yen percent degrees joules newtons watts \
     volts amps ohms moles stunden minuten sekunden heures minutes horas minutos euros рублей часов часа минут \
     км метров 小时 分钟 公里 元钱 千克 時間 円の 시간 미터 킬로",
    // 12: formats
    "json yaml yml xml csv tsv toml jsonl ndjson markdown table schema key keys field fields column columns \
     header row rows object objects array parsable parseable valid delimiter comma separated semicolon ics vcard \
     tabelle schlüssel spalten feld gültiges tableau clés champs colonnes valide tabla claves campos columnas \
     válido tabela chaves campos colunas tabella chiavi campi colonne valido таблица таблицу таблицы ключи ключами \
     поля столбцы формате 表格 格式 字段 键值 形式で 形式 表形式 キー 표로 형식 형식으로 جدول تنسيق तालिका bảng",
    // 13: labels and answers in a fixed form
    "only exactly nothing else one label labels category categories sentiment positive negative neutral entities \
     entity intent spam yes no true false option options choices nur genau sonst uniquement seulement solo \
     solamente únicamente apenas somente solo soltanto только ровно 只要 只返回 仅返回 だけ のみ 만",
    // 14: kinds of writing
    "story stories poem poems poetry song lyrics essay blog post article email e-mail mail letter speech slogan \
     haiku limerick sonnet rap joke jokes riddle dialogue dialog script screenplay scene novel chapter fanfic \
     fanfiction tweet tagline headline advertisement ad caption biography bio toast review resume résumé cv \
     cover proposal pitch outline paragraph sentence sentences words tone style narrative fairy tale monologue \
     parody newsletter press release memo itinerary recipe workout plan campaign name names geschichte gedicht \
     lied brief aufsatz rede witz histoire poème chanson lettre discours blague nouvelle historia cuento poema \
     canción carta ensayo discurso chiste história conto poema canção carta redação piada storia racconto poesia \
     canzone lettera tema barzelletta рассказ стих стихотворение стихи песню песня письмо сказку сказка эссе \
     сочинение шутку пост 故事 小说 诗歌 首诗 作文 文章 文案 信件 剧本 邮件 物語 小説 手紙 作文を メール 이야기 시를 소설 \
     편지 글을 노래 قصة قصيدة رسالة مقال कहानी कविता पत्र निबंध thơ truyện bài_thơ cerita puisi surat",
    // 15: the speaker and the reader, feelings
    "i my me mine we our us you your feel feeling feelings love friend friends boyfriend girlfriend wife \
     husband mom dad boss colleague job interview career ich mein meine mir mich du wir je mon ma mes nous yo mi \
     mis tú eu meu minha io mio mia я мой моя мне ты 我的 我想 我要 私の 私は 나는 내가 مني أنا मैं मेरा मेरे tôi saya aku",
    // 16: things that facts are asked about
    "capital president king queen invented discovered founded born died author wrote painted composed directed \
     actor actress singer band album film movie novel country countries city river mountain ocean population \
     currency language spoken continent planet element symbol war battle treaty century year won winner champion \
     olympics cup award nobel oscar team club state located largest smallest longest highest oldest first last \
     name called known stand acronym abbreviation hauptstadt erfunden erfand gründete geboren capitale inventé \
     né écrit capital inventó nació fundó descubrió inventou nasceu capitale inventò nato столица столицы \
     изобрёл изобрел родился основал открыл 首都 发明 出生 人口 発明 首都は 수도 발명 عاصمة اخترع राजधानी आविष्कार thủ_đô ibukota",
    // 17: pointing back to what was said
    "it its that this those these above previous earlier again instead same now also then you said last one \
     another more shorter longer faster simpler jetzt nochmal stattdessen maintenant encore plutôt ahora otra \
     vez agora novamente ora ancora теперь ещё снова вместо 现在 再来 改成 换成 刚才 上面 今度 もう一 さっき 이제 다시",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_in_every_class_that_lists_it() {
        let json = classes(hash_of("JSON"));
        assert_eq!(json, 1 << 12);
        assert!(classes(hash_of("simplify")).count_ones() == 2);
        assert_eq!(classes(hash_of("xyzzy")), 0);
    }
}
